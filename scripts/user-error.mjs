/** A failure that the person at the terminal can act on. Its message is printed whole, without a stack, and exits 1. */
export class UserError extends Error {}
