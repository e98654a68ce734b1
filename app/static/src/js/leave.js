// Leaving a page for another one.

/** Goes to an address. What is clicked on a page that is leaving would be lost, so nothing can be, until somebody comes
 * back to it. */
export function leaveFor(address) {
  document.body.inert = true;
  window.addEventListener('pageshow', () => (document.body.inert = false), { once: true });
  location.assign(address);
}
