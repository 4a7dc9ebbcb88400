/**
 * Store paths that a text names, with what follows them: `/nix/store/…-linux-6.1/lib/modules`. Pure.
 *
 * What follows ends at the first character that file names rarely have, so a pattern (`lib/modules/*`) is cut before it; a full
 * stop or slash at the end belongs to the sentence, not to the path. A path in a comment is not used by anything.
 */
import { withoutComment } from "../domain/comments.ts";

const MENTION = /\/nix\/store\/[0-9a-z]{32}-[A-Za-z0-9+._?=-]+(?:\/[A-Za-z0-9._+/-]*)?/g;

export interface Mention {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
}

export function storeMentions(text: string): Mention[] {
  const mentions: Mention[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.includes("/nix/store/")) continue;
    for (const [found] of withoutComment(line).matchAll(MENTION)) {
      mentions.push({ path: found.replace(/[/.]+$/, ""), line: index + 1 });
    }
  }
  return mentions;
}
