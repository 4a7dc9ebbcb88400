/**
 * Readiness: may work be sent here? Liveness is another question, and that the process answers is its answer.
 *
 * Looks are remembered for a moment, so that asking often costs nothing, and have a time limit, so that a database that
 * hangs is a reason and not a hanging answer.
 */

export interface ReadinessProbe {
  /** As it stands in the answer: `database`, `queue`, `disk`, `nix`. */
  readonly name: string;
  /** What is wrong, in a sentence; null: nothing. Throwing says so too. */
  readonly look: (signal: AbortSignal) => Promise<string | null>;
  /** How long a look holds. Default 2000. */
  readonly keepMs?: number;
}

export interface Readiness {
  look(): Promise<{ readonly ready: boolean; readonly reasons: Readonly<Record<string, string>> }>;
  /** From now on, and for good: not ready. */
  drain(): void;
  readonly isDraining: boolean;
}

const LOOK_LIMIT_MS = 5_000;

export function createReadiness(
  probes: readonly ReadinessProbe[],
  clock = () => performance.now(),
): Readiness {
  let draining = false;
  const looks = probes.map((probe) => ({ name: probe.name, look: remembered(probe, clock) }));
  return {
    async look() {
      const seen = await Promise.all(looks.map(async ({ name, look }) => [name, await look()] as const));
      const wrong = seen.filter((pair): pair is [string, string] => pair[1] !== null);
      const reasons = Object.fromEntries(
        draining ? [["draining", "this server is shutting down"], ...wrong] : wrong,
      );
      return { ready: Object.keys(reasons).length === 0, reasons };
    },
    drain() {
      draining = true;
    },
    get isDraining() {
      return draining;
    },
  };
}

function remembered(
  { look, keepMs = 2_000 }: ReadinessProbe,
  clock: () => number,
): () => Promise<string | null> {
  let last: { readonly at: number; readonly answer: Promise<string | null> } | undefined;
  return () => {
    if (last === undefined || clock() - last.at > keepMs) last = { at: clock(), answer: lookOnce(look) };
    return last.answer;
  };
}

async function lookOnce(look: ReadinessProbe["look"]): Promise<string | null> {
  const limit = AbortSignal.timeout(LOOK_LIMIT_MS);
  const late = new Promise<string>((resolve) => {
    limit.addEventListener("abort", () => resolve(`no answer within ${LOOK_LIMIT_MS / 1000} seconds`));
  });
  return Promise.race([look(limit), late]).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
}
