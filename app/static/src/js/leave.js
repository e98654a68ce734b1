// Leaving a page for another one.

/** Goes to an address. What is clicked on a page that is leaving would be lost, so nothing can be clicked any more. */
export function leaveFor(address) {
  document.body.inert = true;
  location.assign(address);
}
