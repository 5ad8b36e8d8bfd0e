/** The lines of an answer, as they come. */

export async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const whole = (rest + value).split("\n");
      rest = whole.pop();
      yield* whole.filter(Boolean);
    }
  } finally {
    // whoever stops listening leaves the line open else
    reader.cancel().catch(() => null);
  }
}
