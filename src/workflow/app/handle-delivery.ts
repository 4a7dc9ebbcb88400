/**
 * A stored delivery, handled: translated into hints, each of which makes us look for ourselves.
 *
 * A delivery that dies midway is handled again from its beginning, which changes nothing twice.
 */
import { parseCommands } from "../../domain/parse-commands.ts";
import { trouble } from "../../report/replies.ts";
import type { CommentHint, PullRequestEvents } from "../pull-request-events.ts";
import type { CheckParts } from "./check-parts.ts";
import { handleCommand } from "./handle-command.ts";
import { installationChanged } from "./installation-changed.ts";
import { pressButton } from "./press-button.ts";
import { isGone } from "./publisher.ts";

/** @throws EnvironmentError and the like for the queue to try again */
export async function handleDelivery(guid: string, parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { store, receive, log } = parts.world;
  const delivery = await store.readDelivery(guid);
  if (delivery === undefined) return;
  const { events, heard } = listen(eventsOf(guid, parts, signal));
  try {
    await receive(delivery, events);
  } catch (error) {
    // What is between may wrap what was thrown; whose problem it is, is decided by its class.
    const cause = heard.failure ?? error;
    if (!isGone(cause)) throw cause;
    log.info({ err: cause, delivery: guid }, "a delivery about something that is gone");
    return store.finishDelivery(guid, "ignored", "what it is about is not there any more");
  }
  const outcome = heard.something ? "handled" : "ignored";
  log.info({ event: delivery.event, outcome }, "delivery handled");
  await store.finishDelivery(guid, outcome);
}

/** Whoever wrote a command hears that it came to nothing. @param reason in words for people */
export async function giveUpDelivery(
  guid: string,
  reason: string,
  { world }: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const { store, receive, log } = world;
  const delivery = await store.readDelivery(guid);
  if (delivery === undefined) return;
  const apologize = async (comment: CommentHint) => {
    if (comment.isBot || parseCommands(comment.body).length === 0) return;
    const github = world.github.installation(comment.installationId);
    await github.reply(comment, `trouble-${comment.commentId}`, trouble(reason), signal);
    await github.react(comment, comment.commentId, "confused", signal);
  };
  try {
    await receive(delivery, { ...SILENT, commented: apologize });
  } catch (error) {
    log.warn({ err: error, delivery: guid }, "nobody could be told that a delivery came to nothing");
  }
  await store.finishDelivery(guid, "failed", reason);
}

const nothing = async () => {};
const SILENT: PullRequestEvents = {
  lookAt: nothing,
  closed: nothing,
  commented: nothing,
  buttonPressed: nothing,
  installationChanged: nothing,
};

function eventsOf(guid: string, parts: CheckParts, signal: AbortSignal): PullRequestEvents {
  const { looker } = parts;
  return {
    lookAt: (pullRequest) => looker.lookAt(pullRequest, signal, guid),
    closed: (pullRequest, why) => looker.closed(pullRequest, why, signal, guid),
    commented: (comment) => handleCommand(comment, guid, parts, signal),
    buttonPressed: (press) => pressButton(press, guid, parts, signal),
    installationChanged: (installation) => installationChanged(installation, parts, signal),
  };
}

/** Remembers whether anything was called, and the first failure as it was thrown. */
function listen(events: PullRequestEvents) {
  const heard: { something: boolean; failure: unknown } = { something: false, failure: undefined };
  const listening = <Arguments extends unknown[]>(call: (...given: Arguments) => Promise<void>) => {
    return async (...given: Arguments) => {
      heard.something = true;
      try {
        await call(...given);
      } catch (error) {
        heard.failure ??= error;
        throw error;
      }
    };
  };
  return {
    heard,
    events: {
      lookAt: listening(events.lookAt),
      closed: listening(events.closed),
      commented: listening(events.commented),
      buttonPressed: listening(events.buttonPressed),
      installationChanged: listening(events.installationChanged),
    } satisfies PullRequestEvents,
  };
}
