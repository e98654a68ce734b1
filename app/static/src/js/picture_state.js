// What pictures between sites follow, without a browser: when to try again, who is new, and which words say it.

const DELAYS = [1, 2, 4, 8]; // seconds between two attempts

export const retryAfter = (attempts) => DELAYS[Math.min(attempts, DELAYS.length - 1)];

/** Which cameras have come and which are gone, by id: `links` are those that are watched, `cameras` those there are. */
export function differences(links, cameras) {
  const ids = new Set(cameras.map((camera) => camera.id));
  const known = new Set(links);
  return { come: cameras.filter((camera) => !known.has(camera.id)), gone: [...known].filter((id) => !ids.has(id)) };
}

const FAULTS = {
  NotAllowedError: 'camera_blocked',
  SecurityError: 'camera_blocked',
  NotFoundError: 'camera_missing',
  OverconstrainedError: 'camera_missing',
  NotReadableError: 'camera_busy',
  AbortError: 'camera_busy',
};

/** The sentence for what kept a camera from being opened. */
export const cameraFault = (fault) => FAULTS[fault?.name] ?? 'camera_failed';

/** The sentence for a picture on its way: `state` of the connection, and how often it was tried before. */
export function linkWord(state, attempts) {
  if (state === 'connected') return 'picture_shown';
  if (attempts > 0 || state === 'failed' || state === 'disconnected') return 'picture_lost';
  return 'picture_connecting';
}

/** Device lists as choices: [id, label]; devices without a name (no permission yet) have their number. */
export function choicesOf(devices, kind) {
  return devices.filter((device) => device.kind === kind).map((device, at) => [device.deviceId, device.label || String(at + 1)]);
}
