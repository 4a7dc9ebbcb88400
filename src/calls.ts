/**
 * Calls between two sides of modprobot that share no memory: a check's process and its server, the database's thread and
 * everybody else.
 *
 * Both sides may call. A call ends with what was returned or thrown over there, the class of an error included. Aborting
 * one only tells the other side, whose answer (`Interrupted`, once it has tidied up) is still waited for: whoever
 * cannot wait ends the other side, and then every call that is open ends with the reason. What comes in is taken for
 * well-meant, not for well-formed: a message of no known shape is dropped.
 */
import { InternalError, Interrupted } from "./errors.ts";
import { fromWire, toWire, type WireError } from "./errors-on-wire.ts";

export interface Channel {
  /** Copies the message. Does nothing once the other side is gone. */
  post(message: unknown): void;
  /** Asked once. `onClosed`: the other side is gone and everything it sent has arrived. */
  listen(onMessage: (message: unknown) => void, onClosed: (why: Error) => void): void;
}

/** What one side does for the other: one argument that can be copied, and a signal. */
type Served = { readonly [Name in string]: (argument: never, signal: AbortSignal) => unknown };

export interface Calls<Theirs> {
  /** @throws what was thrown there; what the channel says about its end */
  call<Name extends keyof Theirs>(
    name: Name,
    argument: ArgumentOf<Theirs[Name]>,
    signal?: AbortSignal,
  ): Promise<ResultOf<Theirs[Name]>>;
  /** Nobody hears how it went. In order with everything else that is sent. */
  tell<Name extends keyof Theirs>(name: Name, argument: ArgumentOf<Theirs[Name]>): void;
  /** The other side is gone, and what we did for it has ended. */
  readonly closed: Promise<void>;
}

type ArgumentOf<Method> = Method extends (argument: infer Argument, signal: AbortSignal) => unknown
  ? Argument
  : never;
type ResultOf<Method> = Method extends (...given: never) => infer Result ? Awaited<Result> : never;

type Message =
  /** `id` null: told, not called. */
  | { readonly kind: "call"; readonly id: number | null; readonly name: string; readonly argument: unknown }
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "returned"; readonly id: number; readonly value: unknown }
  | { readonly kind: "threw"; readonly id: number; readonly error: WireError };

export function startCalls<Theirs>(channel: Channel, ours: Served): Calls<Theirs> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const running = new Map<number, AbortController>();
  const works = new Set<Promise<void>>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  let last = 0;
  let ended: Error | undefined;
  const post = (message: Message) => channel.post(message);

  const serve = async (id: number | null, name: string, argument: unknown) => {
    const controller = new AbortController();
    if (id !== null) running.set(id, controller);
    try {
      const method = Object.hasOwn(ours, name) ? ours[name] : undefined;
      if (method === undefined) throw new InternalError(`the other side called ${JSON.stringify(name)}`);
      const value: unknown = await method(argument as never, controller.signal);
      if (id !== null) post({ kind: "returned", id, value });
    } catch (error) {
      if (id !== null) post({ kind: "threw", id, error: toWire(error) });
    } finally {
      if (id !== null) running.delete(id);
    }
  };

  const onMessage = (message: unknown) => {
    if (!isMessage(message)) return;
    switch (message.kind) {
      case "call": {
        const work = serve(message.id, message.name, message.argument);
        works.add(work);
        void work.finally(() => works.delete(work));
        return;
      }
      case "abort":
        running.get(message.id)?.abort(new Interrupted());
        return;
      case "returned":
        waiting.get(message.id)?.resolve(message.value);
        return;
      case "threw":
        waiting.get(message.id)?.reject(fromWire(message.error));
    }
  };

  channel.listen(onMessage, (why) => {
    ended ??= why;
    for (const { reject } of waiting.values()) reject(ended);
    for (const controller of running.values()) controller.abort(new Interrupted("the other side is gone"));
    void Promise.allSettled(works).then(() => close());
  });

  return {
    async call(name, argument, signal) {
      if (isAborted(signal)) throw new Interrupted();
      if (ended !== undefined) throw ended;
      const id = ++last;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      const onAbort = () => post({ kind: "abort", id });
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        post({ kind: "call", id, name: String(name), argument });
        // What the method returned there: `Theirs` says of which type.
        return (await answer.promise) as never;
      } catch (error) {
        // It was ended because it did not stop: that is no trouble of the machine's.
        throw error === ended && isAborted(signal) ? new Interrupted() : error;
      } finally {
        signal?.removeEventListener("abort", onAbort);
        waiting.delete(id);
      }
    },
    tell: (name, argument) => post({ kind: "call", id: null, name: String(name), argument }),
    closed,
  };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== "object" || message === null || !("kind" in message) || !("id" in message))
    return false;
  if (message.kind === "call")
    return (
      (message.id === null || typeof message.id === "number") && "name" in message && isText(message.name)
    );
  if (typeof message.id !== "number") return false;
  if (message.kind === "threw") return "error" in message && isWireError(message.error);
  return message.kind === "abort" || message.kind === "returned";
}

function isWireError(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "name" in error &&
    "message" in error &&
    isText(error.message)
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
