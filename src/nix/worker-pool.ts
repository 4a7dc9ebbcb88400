/**
 * The evaluators that run at the same time, of all evaluations of this process: as many as there are cores, and fewer
 * where the memory they share is small. Base and head of a check, and its systems, take turns here.
 *
 * What trips people up: the limit of a run counts address space, of which an evaluator takes more than it uses.
 */
import { availableParallelism } from "node:os";
import { Interrupted } from "../errors.ts";
import { residentBytes } from "./process-memory.ts";

/** Address space in which an evaluator of nixpkgs is at ease; where there is less of it for each, fewer run. */
const AT_EASE_BYTES = 1024 * 1024 ** 2;
/** What an extra one gets, so that it never has to be started again for want of it. */
const EXTRA_BYTES = 1.5 * AT_EASE_BYTES;
/** No evaluator gets more, however large the machine: what needs more has no end. */
const MOST_BYTES = 8 * 1024 ** 3;

export interface Room {
  /** Of the evaluation that asks, for all evaluators of this process together. Where evaluations differ, the smallest holds. */
  readonly budgetBytes: number;
  /** With nobody beside, and all the memory. */
  readonly alone: boolean;
  /**
   * One of these may run beyond the others, where memory allows: of a few attributes for which somebody waits, or to take up
   * what others leave of the processors.
   */
  readonly isExtra?: boolean;
  /** Whose turn it is: who has the fewest evaluators goes first. */
  readonly evaluation: object;
}

export interface Place {
  /** What this evaluator may take. */
  readonly memoryBytes: number;
  /** Told which process it is. */
  onStart(pid: number): void;
}

export interface WorkerPool {
  /** How many run at the same time at most. */
  readonly workers: number;
  /** @throws Interrupted; what `act` throws */
  use<T>(room: Room, signal: AbortSignal, act: (place: Place) => Promise<T>): Promise<T>;
  /** What all evaluators use now. */
  memoryBytes(): number;
}

interface Waiting {
  readonly room: Room;
  readonly start: () => void;
}

export function createWorkerPool(workers = availableParallelism()): WorkerPool {
  const waiting: Waiting[] = [];
  const running = new Set<Room>();
  const pids = new Set<number>();
  let budget = 0;

  const atOnce = () => Math.max(1, Math.min(workers, Math.floor(budget / AT_EASE_BYTES)));
  const reservedBytes = () => (budget >= (atOnce() + 1) * EXTRA_BYTES ? EXTRA_BYTES : 0);
  const shareBytes = ({ alone, isExtra }: Room) => {
    const reserved = reservedBytes();
    if (alone) return budget;
    return isExtra && reserved > 0 ? reserved : Math.floor((budget - reserved) / atOnce());
  };
  const startSome = () => {
    for (let next = choose(); next !== undefined; next = choose()) {
      waiting.splice(waiting.indexOf(next), 1);
      running.add(next.room);
      next.start();
    }
  };
  const choose = (): Waiting | undefined => {
    if ([...running].some(({ alone }) => alone)) return undefined;
    const lonely = waiting.find(({ room }) => room.alone);
    // Nobody else starts while one waits to be alone, or it would wait for ever.
    if (lonely !== undefined) return running.size === 0 ? lonely : undefined;
    const isExtra = ({ isExtra = false }: Room) => isExtra && reservedBytes() > 0;
    const extras = [...running].filter(isExtra).length;
    const others = waiting.filter(({ room }) => !isExtra(room));
    const extra = waiting.find(({ room }) => isExtra(room));
    // Beyond the others; where there are none, they have all the room.
    const mayBeExtra = extras === 0 || (running.size === extras && others.length === 0 && extras < atOnce());
    if (extra !== undefined && mayBeExtra) return extra;
    if (running.size - extras >= atOnce()) return undefined;
    const had = ({ room }: Waiting) =>
      [...running].filter(({ evaluation }) => evaluation === room.evaluation).length;
    return others.toSorted((a, b) => had(a) - had(b))[0];
  };
  const enter = (room: Room, signal: AbortSignal) =>
    new Promise<void>((entered, refused) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(entry), 1);
        refused(new Interrupted());
        startSome();
      };
      const start = () => {
        signal.removeEventListener("abort", leave);
        entered();
      };
      const entry = { room, start };
      if (signal.aborted) return refused(new Interrupted());
      signal.addEventListener("abort", leave, { once: true });
      waiting.push(entry);
      budget =
        running.size === 0 && waiting.length === 1 ? room.budgetBytes : Math.min(budget, room.budgetBytes);
      startSome();
    });

  return {
    workers,
    async use(asked, signal, act) {
      // A value of its own, since the same room may be asked for twice.
      const room = { ...asked };
      await enter(room, signal);
      let pid: number | undefined;
      try {
        return await act({
          memoryBytes: Math.min(MOST_BYTES, shareBytes(room)),
          onStart: (started) => {
            pid = started;
            pids.add(started);
          },
        });
      } finally {
        if (pid !== undefined) pids.delete(pid);
        running.delete(room);
        startSome();
      }
    },
    memoryBytes() {
      return [...pids].reduce((sum, pid) => sum + residentBytes(pid), 0);
    },
  };
}
