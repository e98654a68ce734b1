// Which live parts of a page a fact changes.

/** Whether facts of these kinds change a part: one may name the kinds that do (`only`), or that do not (`but`). */
export function concerns({ liveOnly, liveBut }, types) {
  if (liveOnly) return types.some((type) => liveOnly.split(' ').includes(type));
  return !liveBut || types.some((type) => !liveBut.split(' ').includes(type));
}
