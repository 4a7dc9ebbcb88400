/**
 * Errors, by whose problem they are.
 *
 * A failing pull request is never an error: that is a Finding or an outcome value. What is thrown is
 * either the caller's to mend (`UserError`), the machine's (`EnvironmentError`), the caller's wish to
 * stop (`Interrupted`) or our own bug (`InternalError`). The exit status follows from the class alone.
 */

/** The caller gave something we cannot work with. Exit status 2. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Stable kebab-case tag, for tests and logs. */
  readonly code: string;
  /** What to do about it; plain sentences, one per line. */
  readonly details: string;
  constructor(code: string, message: string, details: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** The machine lacks something, ran out of something, or refused something. Exit status 3. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  readonly code: string;
  readonly details: string;
  /** True where the same call may succeed later with nothing changed by hand. */
  readonly retryable: boolean;
  constructor(
    code: string,
    message: string,
    details: string,
    options?: ErrorOptions & { retryable?: boolean },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
    this.retryable = options?.retryable ?? false;
  }
}

/** The caller asked to stop (Ctrl-C, SIGTERM). Exit status 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(message = "interrupted", options?: ErrorOptions) {
    super(message, options);
  }
}

/** A broken invariant: a bug in modprobot. Exit status 3, with a request to report it. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}
