// Leaving a page for another one.

/** Goes to an address. What is clicked on a page that is leaving would be lost, so nothing can be, until somebody comes
 * back to it. `once`: nobody shall come back, as to a signature that was given; the way back leads past it. */
export function leaveFor(address, { once = false } = {}) {
  document.body.inert = true;
  window.addEventListener('pageshow', () => (document.body.inert = false), { once: true });
  if (once) location.replace(address);
  else location.assign(address);
}
