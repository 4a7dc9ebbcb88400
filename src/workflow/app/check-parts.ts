/** What every part of the App's story works with, joined once in `handlers.ts`. */
import type { AppWorld } from "./app-world.ts";
import type { Looker } from "./look-at.ts";
import type { Publisher } from "./publisher.ts";

export interface CheckParts {
  readonly world: AppWorld;
  readonly publisher: Publisher;
  readonly looker: Looker;
}
