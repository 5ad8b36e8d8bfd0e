/** What plays: one clock for all that follows it, also where there is nothing to play. */

const STEADY = 0.001; // seconds: less is no other moment

/**
 * Events: `time` at every frame in which it changed, `state` when it plays, pauses or is lost,
 * `seek` when somebody went elsewhere.
 */
export class Player extends EventTarget {
  #still = 0;
  #told = -1;
  #known;

  /** `duration`: seconds, until the medium tells its own. */
  constructor(media, duration) {
    super();
    this.media = media;
    this.#known = duration;
    if (!media) return;
    media.addEventListener("play", () => this.#run());
    for (const name of ["play", "pause", "ended", "volumechange", "ratechange", "durationchange"]) {
      media.addEventListener(name, () => this.#tell("state"));
    }
    for (const name of ["timeupdate", "seeking", "seeked"]) media.addEventListener(name, () => this.#tick());
  }

  get time() {
    return this.media ? this.media.currentTime : this.#still;
  }

  get duration() {
    const own = this.media?.duration;
    return Number.isFinite(own) && own > 0 ? own : this.#known;
  }

  get playing() {
    return Boolean(this.media) && !this.media.paused && !this.media.ended;
  }

  /** Where it begins; nobody went there. */
  start(seconds) {
    this.#go(seconds);
    this.#tick();
  }

  seek(seconds) {
    this.start(seconds);
    this.#tell("seek");
  }

  skip(seconds) {
    this.seek(this.time + seconds);
  }

  toggle() {
    if (this.playing) this.media.pause();
    else this.media?.play().catch(() => {}); // its `error` says why
  }

  mute() {
    if (this.media) this.media.muted = !this.media.muted;
  }

  /** There is nothing to play any more; the clock stays where it is. */
  lose() {
    this.#still = this.time;
    this.media = null;
    this.#tell("state");
  }

  #go(seconds) {
    const last = this.duration || Infinity;
    const at = Math.min(Math.max(0, seconds), last);
    if (this.media) this.media.currentTime = at;
    else this.#still = at;
  }

  #run() {
    this.#tick();
    if (this.playing) requestAnimationFrame(() => this.#run());
  }

  #tick() {
    if (Math.abs(this.time - this.#told) < STEADY) return;
    this.#told = this.time;
    this.#tell("time");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
