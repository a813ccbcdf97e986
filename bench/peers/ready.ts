/** Tells the suite that a peer is ready, and where it listens. */
export function announceReady(port = 0): void {
  process.send?.({ port });
}

/** Does the work each time that the suite asks for it. */
export function runWhenAsked(work: (count: number) => Promise<void>): void {
  process.on('message', ({ run }: { run: number }) => {
    void work(run).then(() => process.send?.({ done: run }));
  });
}
