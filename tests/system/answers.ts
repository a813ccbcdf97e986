/** The record of an event, as far as these tests look at it. */
export interface RecordBody {
  readonly ref: string;
  readonly state: string;
  readonly acceptedAt: string;
  readonly finishedAt?: string;
  readonly event: Record<string, unknown>;
  readonly routes: readonly {
    readonly id: string;
    readonly state: string;
    readonly attempts: number;
    readonly starts: number;
    readonly reason?: string;
    readonly error?: { readonly code: string; readonly message: string };
    readonly result?: Record<string, unknown>;
    readonly followUps: readonly string[];
    readonly movedTo?: string;
  }[];
}

/** What a post is answered. */
export interface Posted {
  readonly status: number;
  readonly body: { readonly ref: string; readonly id: string; readonly duplicate: boolean };
}
