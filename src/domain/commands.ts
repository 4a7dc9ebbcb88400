/** Commands: what a comment can ask of us. Parsing is `parse-commands.ts`, who may is `command-policy.ts`. */
import type { AttrPath } from "./evaluation.ts";

export type Command =
  | { readonly kind: "check" }
  | { readonly kind: "rebuilds"; readonly why?: AttrPath }
  | { readonly kind: "build"; readonly attrs: readonly AttrPath[] }
  | { readonly kind: "test"; readonly tests: readonly AttrPath[] }
  | { readonly kind: "consumers"; readonly attrs: readonly AttrPath[] }
  | { readonly kind: "cancel" }
  | { readonly kind: "status" }
  | { readonly kind: "approve" }
  | { readonly kind: "help" };
export type CommandKind = Command["kind"];

export type ParsedCommand =
  | { readonly ok: true; readonly line: string; readonly command: Command }
  /** Addressed to us and not understood: gets a reply that says why. */
  | { readonly ok: false; readonly line: string; readonly problem: string };
