// How long an event loop keeps others waiting.

const STEP = 1;

/** Notes, as often as the loop lets it, how many milliseconds too late it was woken; gives what ends that. */
export function lag() {
  const late = [];
  let timer;
  const notice = () => {
    const due = performance.now() + STEP;
    timer = setTimeout(() => {
      late.push(performance.now() - due);
      notice();
    }, STEP);
  };
  notice();
  /** The lag that one wake-up in a hundred exceeds. */
  return () => {
    clearTimeout(timer);
    late.sort((a, b) => a - b);
    return late[Math.floor(late.length * 0.99)] ?? 0;
  };
}
