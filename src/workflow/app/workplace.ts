/** A workplace from the tools a check needs, in this very process. What `cli/` starts a process for has one inside. */
import { check } from "../check.ts";
import type { World } from "../world.ts";
import type { Workplace } from "./app-world.ts";

export type Tools = Pick<World, "git" | "nix" | "vm" | "clock" | "cores" | "buildSystem">;

export function createWorkplace(tools: Tools): Workplace {
  return {
    git: tools.git,
    check(request, { onStage, ...heard }, signal) {
      // Details of a stage are for a terminal: nobody looks at a check run so often.
      const progress = { stage: onStage, detail() {} };
      return check(request, { ...tools, ...heard, progress }, signal);
    },
  };
}
