/** How much of the time drawing may take: the rest is left to whoever wants to press something. */
const SHARE = 1 / 4;

/**
 * Draws again and again, `everyMs` apart and further where drawing takes long, so that the page stays at hand on a slow
 * machine. Begins at once; returns the function that ends it.
 */
export function drawAtEase(draw: () => void, everyMs: number): () => void {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const repeat = () => {
    const startedAt = performance.now();
    draw();
    frame = requestAnimationFrame(() => {
      // After the frame, in which the browser has laid out and painted what was drawn.
      timer = setTimeout(() => {
        const tookMs = performance.now() - startedAt;
        timer = setTimeout(repeat, Math.max(everyMs, tookMs / SHARE));
      });
    });
  };
  repeat();
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
