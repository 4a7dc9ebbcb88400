/** When to kill: moments over the whole length of a check, and those at which something is half done. */
import type { Moment } from "../harness/github/moments.ts";
import type { Random } from "../harness/random.ts";

export type KillMoment =
  /** Part of the time an undisturbed check takes, after its webhook was answered. */
  | { readonly kind: "time"; readonly fraction: number }
  /** The App's request is on its way, or was done and is not answered. */
  | { readonly kind: "request"; readonly operation: string; readonly moment: Moment }
  /** The webhook is on its way. */
  | { readonly kind: "receiving"; readonly milliseconds: number }
  /** The webhook was answered a moment ago. */
  | { readonly kind: "received" }
  /** The webhook was missed, and GitHub is being asked to send it again. */
  | { readonly kind: "redelivery"; readonly moment: Moment };

export interface Kill {
  readonly moment: KillMoment;
  /** With server and worker apart, who of them. */
  readonly who: "server" | "worker" | "both";
  /** Once more, so long after everything was started again, as part of an undisturbed check. */
  readonly again: number | undefined;
}

const HALF_DONE: readonly [string, Moment][] = [
  ["checks/create", "arrives"],
  ["checks/create", "is done"],
  ["git/fetch", "arrives"],
  ["checks/update", "is done"],
  ["issues/create-comment", "arrives"],
  ["issues/create-comment", "is done"],
  ["issues/add-labels", "is done"],
];

export function killPlan(count: number, random: Random): readonly Kill[] {
  const special: KillMoment[] = [
    { kind: "receiving", milliseconds: random.below(15) },
    { kind: "received" },
    { kind: "redelivery", moment: random.oneOf(["arrives", "is done"]) },
    ...HALF_DONE.map(([operation, moment]) => ({ kind: "request", operation, moment }) as const),
  ];
  const times = Math.max(0, count - special.length);
  const spread = Array.from({ length: times }, (_, index): KillMoment => {
    return { kind: "time", fraction: (index + random.fraction()) / times };
  });
  return random
    .shuffled([...special, ...spread])
    .slice(0, count)
    .map((moment) => ({ moment, who: whoOf(moment, random), again: again(random) }));
}

function whoOf({ kind }: KillMoment, random: Random): Kill["who"] {
  if (kind === "receiving" || kind === "received") return random.oneOf(["server", "server", "both"]);
  return random.oneOf(["worker", "worker", "both"]);
}

function again(random: Random): number | undefined {
  return random.below(4) === 0 ? random.fraction() : undefined;
}

export function describeKill({ moment, who, again }: Kill): string {
  const more = again === undefined ? "" : `, and again at ${again.toFixed(2)}`;
  const { kind, ...rest } = moment;
  return `${kind} ${Object.values(rest).join(" ")} (${who}${more})`;
}
