/**
 * Deliveries GitHub could not make. It never tries again by itself; it keeps each for three days and makes it
 * again when asked, under the same GUID. https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
 */
import type { Caller } from "./call.ts";

interface Attempt {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  readonly status_code: number;
}

/** A delivery that was refused so often is one we cannot take; asking on would never end. */
const MOST_ATTEMPTS = 5;
/** Some days of a busy App. */
const MOST_READ = 50_000;

/** Newest first, each GUID once, by its newest attempt. */
export async function readFailedDeliveries(
  { call }: Caller,
  since: Date,
  signal: AbortSignal,
): Promise<readonly { readonly id: number; readonly guid: string }[]> {
  const attempts = await call(
    "list the App's deliveries",
    async (octokit, parameters) => {
      const read: Attempt[] = [];
      const pages = octokit.paginate.iterator(octokit.rest.apps.listWebhookDeliveries, {
        ...parameters,
        per_page: 100,
      });
      for await (const { data } of pages) {
        read.push(...data.filter((attempt) => new Date(attempt.delivered_at) >= since));
        if (
          data.length === 0 ||
          read.length >= MOST_READ ||
          data.some((attempt) => new Date(attempt.delivered_at) < since)
        )
          break;
      }
      return { data: read };
    },
    signal,
  );
  return failedOf(attempts);
}

/** @param attempts newest first */
export function failedOf(attempts: readonly Attempt[]): { id: number; guid: string }[] {
  const byGuid = Map.groupBy(attempts, ({ guid }) => guid);
  return [...byGuid.values()].flatMap((tries) => {
    const [newest] = tries;
    const arrived = tries.some(({ status_code }) => status_code >= 200 && status_code < 300);
    if (newest === undefined || arrived || tries.length >= MOST_ATTEMPTS) return [];
    return [{ id: newest.id, guid: newest.guid }];
  });
}

export async function redeliver({ call }: Caller, deliveryId: number, signal: AbortSignal): Promise<void> {
  await call(
    "have a delivery made again",
    (octokit, parameters) =>
      octokit.rest.apps.redeliverWebhookDelivery({ ...parameters, delivery_id: deliveryId }),
    signal,
  );
}
