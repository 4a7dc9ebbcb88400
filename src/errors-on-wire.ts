/**
 * Errors between processes and threads, which copy values and forget classes. Ours keep theirs, since whose problem an
 * error is follows from the class alone; of all others name, message, code and trace stay.
 */
import { EnvironmentError, InternalError, Interrupted, UserError } from "./errors.ts";

/** Plain data: whatever copies values copies it. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly details: string;
  readonly retryable: boolean;
  readonly cause: WireError | undefined;
}

/** A chain of causes may be a ring. */
const MOST_CAUSES = 5;

export function toWire(thrown: unknown, causes = MOST_CAUSES): WireError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const own = { code: undefined, details: "", retryable: false, ...pick(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    stack,
    ...own,
    cause: cause === undefined || causes === 0 ? undefined : toWire(cause, causes - 1),
  };
}

function pick(error: Error): Partial<Pick<WireError, "code" | "details" | "retryable">> {
  return {
    ...("code" in error && error.code !== undefined ? { code: String(error.code) } : {}),
    ...("details" in error && typeof error.details === "string" ? { details: error.details } : {}),
    ...("retryable" in error ? { retryable: error.retryable === true } : {}),
  };
}

export function fromWire(wire: WireError): Error {
  const error = revive(wire);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function revive({ name, message, code, details, retryable, cause }: WireError): Error {
  const options = cause === undefined ? {} : { cause: fromWire(cause) };
  switch (name) {
    case "UserError":
      return new UserError(code ?? "unknown", message, details, options);
    case "EnvironmentError":
      return new EnvironmentError(code ?? "unknown", message, details, { ...options, retryable });
    case "Interrupted":
      return new Interrupted(message, options);
    case "InternalError":
      return new InternalError(message, options);
    default:
      return Object.assign(new Error(message, options), { name, ...(code === undefined ? {} : { code }) });
  }
}
