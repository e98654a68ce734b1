// The camera and microphone of one's own site: chosen here, shown here, and handed to whoever may see them.
import { say } from './locale.js';
import { cameraFault, choicesOf } from './picture_state.js';

const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 20 } };
const VOICE = { echoCancellation: true, noiseSuppression: true };

/** `onChange(stream or null)` after each change of what is sent. */
export class OwnCamera {
  constructor(panel, onChange) {
    const part = (name) => panel.querySelector(`[data-own-${name}]`);
    Object.assign(this, { panel, onChange, stream: null, quiet: false });
    [this.video, this.status, this.button, this.mute] = ['video', 'state', 'switch', 'mute'].map(part);
    [this.cameras, this.voices] = ['camera', 'voice'].map(part);
    this.button.addEventListener('click', () => (this.stream ? this.stop('camera_off') : this.start()));
    this.mute.addEventListener('click', () => this.hush(!this.quiet));
    for (const list of [this.cameras, this.voices]) list.addEventListener('change', () => this.stream && this.start());
    this.show('camera_off');
    this.button.hidden = false;
  }

  show(words, facts) {
    this.status.textContent = say(words, facts);
    this.button.textContent = say(this.stream ? 'camera_stop' : 'camera_start');
    this.mute.hidden = !this.stream?.getAudioTracks().length;
    this.mute.textContent = say(this.quiet ? 'voice_on' : 'voice_off');
    this.mute.ariaPressed = String(this.quiet);
    this.video.hidden = !this.stream;
  }

  /** A site without a microphone sends its picture alone. */
  async open() {
    const chosen = (list) => (list.value ? { deviceId: { exact: list.value } } : {});
    const picture = { ...PICTURE, ...chosen(this.cameras) };
    const voice = { ...VOICE, ...chosen(this.voices) };
    try {
      return await navigator.mediaDevices.getUserMedia({ video: picture, audio: voice });
    } catch (fault) {
      if (cameraFault(fault) !== 'camera_missing') throw fault;
      return navigator.mediaDevices.getUserMedia({ video: picture });
    }
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) return this.show('camera_insecure');
    this.button.disabled = true;
    this.show('camera_asking');
    try {
      const stream = await this.open();
      this.stream?.getTracks().forEach((track) => track.stop());
      this.stream = stream;
      this.video.srcObject = stream;
      stream.getVideoTracks()[0].onended = () => this.stop('camera_gone');
      this.hush(this.quiet);
      this.show('camera_on');
      await this.list();
      await this.onChange(stream);
    } catch (fault) {
      this.stop(cameraFault(fault));
    } finally {
      this.button.disabled = false;
    }
  }

  /** Names of devices are known once their use was allowed. */
  async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const [list, kind, tracks] of [
      [this.cameras, 'videoinput', this.stream.getVideoTracks()],
      [this.voices, 'audioinput', this.stream.getAudioTracks()],
    ]) {
      const used = tracks[0]?.getSettings().deviceId;
      list.replaceChildren(...choicesOf(devices, kind).map(([id, label]) => new Option(label, id, false, id === used)));
      list.closest('.field').hidden = list.options.length === 0;
    }
  }

  hush(quiet) {
    this.quiet = quiet;
    this.stream?.getAudioTracks().forEach((track) => (track.enabled = !quiet));
    if (this.stream) this.show(quiet ? 'camera_on_quiet' : 'camera_on');
  }

  stop(words) {
    const sent = this.stream;
    sent?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
    this.show(words);
    if (sent) this.onChange(null);
  }

  /** Refused by the platform, in its own words. */
  refuse(message) {
    this.stop('camera_off');
    this.status.textContent = message;
  }
}
