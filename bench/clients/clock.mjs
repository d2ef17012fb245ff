// How long something takes, and how long the event loop keeps others waiting meanwhile.

const STEP = 1;

/** Begins when it is made. */
export class Clock {
  #begin = performance.now();
  #first;
  #late = [];
  #timer;

  constructor() {
    this.#notice();
  }

  /** An entry of a list is here. */
  entry() {
    this.#first ??= performance.now() - this.#begin;
  }

  /** Prints what it was, with the lag that one wake-up in a hundred exceeds. */
  stop() {
    const seconds = (performance.now() - this.#begin) / 1000;
    clearTimeout(this.#timer);
    this.#late.sort((a, b) => a - b);
    const lag_ms = this.#late[Math.floor(this.#late.length * 0.99)] ?? 0;
    console.log(JSON.stringify({ seconds, lag_ms, first_ms: this.#first }));
  }

  /** Does something with each small object, with so many at once. */
  async each(count, atOnce, act) {
    let index = 0;
    const worker = async () => {
      while (index < count) await act(`small/${index++}`);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  #notice() {
    const due = performance.now() + STEP;
    this.#timer = setTimeout(() => {
      this.#late.push(performance.now() - due);
      this.#notice();
    }, STEP);
  }
}
