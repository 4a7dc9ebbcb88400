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
/** No evaluator gets more, however large the machine: what needs more has no end. */
const MOST_BYTES = 8 * 1024 ** 3;

export interface Room {
  /** Of the evaluation that asks, for all evaluators of this process together. Where evaluations differ, the smallest holds. */
  readonly budgetBytes: number;
  /** With nobody beside, and all the memory. */
  readonly alone: boolean;
  /** Of a few attributes, for which somebody waits: one of these may run beyond the others, where memory allows. */
  readonly brief?: boolean;
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
  memoryBytes(): Promise<number>;
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
  /** For a brief one. */
  const reservedBytes = () => (budget >= (atOnce() + 1) * AT_EASE_BYTES ? AT_EASE_BYTES : 0);
  const shareBytes = ({ alone, brief }: Room) => {
    const reserved = reservedBytes();
    if (alone) return budget;
    return brief && reserved > 0 ? reserved : Math.floor((budget - reserved) / atOnce());
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
    const brief = reservedBytes() > 0 ? waiting.find(({ room }) => room.brief) : undefined;
    if (running.size >= atOnce()) return running.size === atOnce() ? brief : undefined;
    if (brief !== undefined) return brief;
    const had = ({ room }: Waiting) =>
      [...running].filter(({ evaluation }) => evaluation === room.evaluation).length;
    return waiting.toSorted((a, b) => had(a) - had(b))[0];
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
    async memoryBytes() {
      const each = await Promise.all([...pids].map(residentBytes));
      return each.reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}
