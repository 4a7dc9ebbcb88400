/**
 * A stored delivery through Probot: its application function (`src/app.ts`) hears the event and says what to look at.
 *
 * Probot serves nothing here and asks GitHub nothing; one instance does for all, and who asked is found by the call.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { EmitterWebhookEvent } from "@octokit/webhooks";
import { pino } from "pino";
import { Probot } from "probot";
import { modprobotApp } from "../../app.ts";
import { InternalError } from "../../errors.ts";
import type { Delivery } from "../../workflow/app-ports.ts";
import type { PullRequestEvents } from "../../workflow/pull-request-events.ts";

export type Receive = (delivery: Delivery, events: PullRequestEvents) => Promise<void>;

export async function createReceiver(credentials: {
  readonly appId: number;
  readonly privateKey: string;
}): Promise<Receive> {
  const asking = new AsyncLocalStorage<PullRequestEvents>();
  const events = () => {
    const found = asking.getStore();
    if (found === undefined) throw new InternalError("Probot called a handler outside of a delivery");
    return found;
  };
  const probot = new Probot({
    ...credentials,
    // Signatures are checked before a delivery is stored; without one, Probot would take a word that everybody knows.
    secret: randomUUID(),
    // It would log events whole. What a handler threw comes out of `receive`.
    log: pino({ level: "silent" }),
  });
  await probot.load(
    modprobotApp({
      requests: {
        lookAt: (hint) => events().lookAt(hint),
        closed: (hint, why) => events().closed(hint, why),
        commented: (hint) => events().commented(hint),
        buttonPressed: (hint) => events().buttonPressed(hint),
        installationChanged: (hint) => events().installationChanged(hint),
      },
    }),
  );
  return ({ guid, event, payload }, requests) =>
    // Its shape was checked when it was received.
    asking.run(requests, () => probot.receive({ id: guid, name: event, payload } as EmitterWebhookEvent));
}
