// One picture on its way between two browsers: the camera's side offers, the viewer's side asks and tries again.
import { linkWord, retryAfter } from './picture_state.js';

const IN_TIME = 10; // seconds for a connection to stand
const MOST_BITS = 500_000; // a second, of one picture

/** Candidates that come before what they belong to wait for it. */
class Link {
  constructor(to, ice, send, relayOnly = false) {
    Object.assign(this, { to, send, waiting: [] });
    this.connection = new RTCPeerConnection({ iceServers: ice, iceTransportPolicy: relayOnly ? 'relay' : 'all' });
    this.connection.onicecandidate = ({ candidate }) => candidate && this.say('ice', { candidate });
  }

  say(kind, what) {
    this.send(this.to, kind, JSON.stringify({ n: this.attempt, ...what }));
  }

  async describe(description) {
    await this.connection.setRemoteDescription(description);
    for (const candidate of this.waiting.splice(0)) await this.connection.addIceCandidate(candidate);
  }

  async candidate(candidate) {
    if (this.connection.remoteDescription) await this.connection.addIceCandidate(candidate);
    else this.waiting.push(candidate);
  }

  close() {
    this.connection.onicecandidate = null;
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }
}

/** The camera's side of one viewer. `sound`: whether the sound goes to it now, null where it never does. */
export class Sending extends Link {
  constructor(to, attempt, sound, ice, send) {
    super(to, ice, send);
    Object.assign(this, { attempt, sound });
  }

  async offer(stream) {
    const [picture] = stream.getVideoTracks();
    const sending = this.connection.addTransceiver(picture, { direction: 'sendonly', streams: [stream] }).sender;
    if (this.sound !== null) this.voice = this.connection.addTransceiver('audio', { direction: 'sendonly', streams: [stream] }).sender;
    await this.connection.setLocalDescription();
    this.say('offer', { description: this.connection.localDescription });
    await this.hear(stream, this.sound);
    const parameters = sending.getParameters();
    for (const one of parameters.encodings ?? []) one.maxBitrate = MOST_BITS;
    await sending.setParameters(parameters).catch(() => {});
  }

  /** The sound goes on or off without another word between the two. */
  async hear(stream, sound) {
    this.sound = sound;
    const [voice = null] = stream.getAudioTracks();
    await this.voice?.replaceTrack(sound ? voice : null);
  }

  async take(kind, { description, candidate }) {
    if (kind === 'answer') await this.describe(description);
    if (kind === 'ice') await this.candidate(candidate);
  }
}

/** The viewer's side of one camera: asks for its picture, and asks again when the line is lost. */
export class Viewing {
  constructor(camera, video, ice, send, { relayOnly, onState }) {
    Object.assign(this, { camera, video, ice, send, relayOnly, onState, attempt: 0, lost: 0 });
    this.ask();
  }

  ask() {
    this.link?.close();
    this.attempt += 1;
    const link = new Link(this.camera.id, this.ice, this.send, this.relayOnly);
    link.attempt = this.attempt;
    link.connection.ontrack = ({ streams: [stream] }) => {
      this.video.srcObject = stream;
      this.video.play().catch(() => {});
    };
    link.connection.onconnectionstatechange = () => this.changed(link.connection.connectionState);
    this.link = link;
    this.onState(linkWord('new', this.lost));
    link.say('want', {});
    this.wait(IN_TIME);
  }

  wait(seconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), seconds * 1000);
  }

  again() {
    this.lost += 1;
    this.ask();
  }

  changed(state) {
    this.onState(linkWord(state, this.lost));
    if (state === 'connected') {
      clearTimeout(this.timer);
      this.lost = 0;
    } else if (state === 'failed' || state === 'closed') this.wait(retryAfter(this.lost));
    else if (state === 'disconnected') this.wait(retryAfter(this.lost + 2)); // it may come back by itself
  }

  async take(kind, { n, description, candidate }) {
    if (n !== this.attempt) return;
    if (kind === 'offer') {
      await this.link.describe(description);
      await this.link.connection.setLocalDescription();
      this.link.say('answer', { description: this.link.connection.localDescription });
    }
    if (kind === 'ice') await this.link.candidate(candidate);
    if (kind === 'bye') this.changed('failed');
  }

  close() {
    clearTimeout(this.timer);
    this.link.say('bye', {});
    this.link.close();
    this.video.srcObject = null;
  }
}
