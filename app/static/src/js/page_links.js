// Which pages of a bid answer which criterion (bidpages/v1): an ordinary file of the package, under the signed manifest.
// The same bytes as app/procedure/page_links.py writes.

export const FILE_NAME = 'page-links.json';
const MOST_PAGES = 100000;
const PLACE = /^(.+?)\s+(\d{1,6})(?:\s*[-–—~至]\s*(\d{1,6}))?$/;

/** `plan.pdf 12-15; record.pdf 3` as links of a criterion; null where it cannot be read, or names no file of the bid. */
export function linksOf(criterion, text, names) {
  const places = text.normalize('NFC').split(/[;；\n]/).map((place) => place.trim()).filter(Boolean);
  const links = places.map((place) => {
    const [, file, first, last = first] = PLACE.exec(place) ?? [];
    const link = { criterion, file, first: Number(first), last: Number(last) };
    const name = names.find((one) => one.normalize('NFC') === file);
    return name && link.first >= 1 && link.first <= link.last && link.last <= MOST_PAGES ? { ...link, file: name } : null;
  });
  return links.includes(null) ? null : links;
}

/** The file for the package. */
export function linksFile(links) {
  const sorted = links.map(({ criterion, file, first, last }) => ({ criterion, file, first, last }));
  return new File([JSON.stringify({ links: sorted, v: 'bidpages/v1' })], FILE_NAME, { type: 'application/json' });
}
