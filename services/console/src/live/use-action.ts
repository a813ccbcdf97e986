import { useState } from 'preact/hooks';
import { Refusal } from '../api/refusal';

/** Something that somebody does once, and how it went. */
export interface Action {
  readonly isBusy: boolean;
  readonly refusal: Refusal | undefined;
  /** What came of it, in words; undefined until it has succeeded. */
  readonly done: string | undefined;
  /** Does it; `act` resolves with what to tell. A second call while the first is under way is not made. */
  readonly run: (act: () => Promise<string>) => void;
}

/** Carries an act out and keeps what is to be said about it in place. */
export function useAction(): Action {
  const [state, setState] = useState<{ isBusy: boolean; refusal?: Refusal; done?: string }>({ isBusy: false });
  const run = (act: () => Promise<string>) => {
    if (state.isBusy) return;
    setState({ isBusy: true });
    act().then(
      (done) => setState({ isBusy: false, done }),
      (error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        setState({ isBusy: false, refusal: error });
      },
    );
  };
  return { isBusy: state.isBusy, refusal: state.refusal, done: state.done, run };
}
