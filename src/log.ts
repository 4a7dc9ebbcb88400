/**
 * The log: one JSON object a line on standard error, for machines first.
 *
 * Constant messages, the data beside them: `delivery`, `check`, `stage`, `repository`, so that one id leads from a
 * webhook to its report; children carry them. Payloads, bodies and reports are never logged. Every line goes through
 * redaction, since an error's message may quote what it was given.
 */
import { pino, stdSerializers } from "pino";
import type { LogLevel } from "./config/app-settings.ts";
import { createRedactor } from "./redact.ts";

/** The part of a pino logger that is used; `workflow/app` and `github/` name their own parts of it. */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
  child(data: object): Log;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Every secret this process knows. */
  readonly secrets: readonly string[];
  /** Gets whole lines. */
  readonly write: (line: string) => void;
}

export function createLog({ level, secrets, write }: LogOptions): Log {
  const redactor = createRedactor(secrets);
  return pino(
    {
      level,
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // `err`, pino's own name, with the causes; requests are never handed in whole.
      serializers: { err: stdSerializers.errWithCause },
    },
    { write: (line) => write(redactor.text(line)) },
  );
}
