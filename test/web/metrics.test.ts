import { describe, expect, it } from "vitest";
import { createMetrics, type MetricsReaders } from "../../src/web/metrics.ts";
import { checkResult } from "../harness/results.ts";
import { aCheck } from "./checks.ts";

function metrics(readers: Partial<MetricsReaders> = {}) {
  const made = createMetrics({
    version: "1.2.3",
    queues: ["delivery", "check-x86_64-linux"],
    jobs: async () => [],
    freeBytes: async () => 5,
    evaluatorBytes: async () => 6,
    isDraining: () => false,
    ...readers,
  });
  const lines = async () => {
    const { text } = await made.render();
    return text.split("\n").filter((line) => line.startsWith("modprobot_"));
  };
  return { ...made, lines };
}

it("has the names that dashboards and alerts are written against", async () => {
  const { render } = metrics();
  const { text } = await render();
  const described = [...text.matchAll(/^# TYPE (modprobot_\S+) (\S+)$/gm)].map(([, name, type]) => [
    name,
    type,
  ]);

  expect(Object.fromEntries(described)).toEqual({
    modprobot_build_info: "gauge",
    modprobot_queue_jobs: "gauge",
    modprobot_queue_oldest_seconds: "gauge",
    modprobot_run_duration_seconds: "histogram",
    modprobot_runs_total: "counter",
    modprobot_webhook_deliveries_total: "counter",
    modprobot_webhook_ack_seconds: "histogram",
    modprobot_github_requests_total: "counter",
    modprobot_github_rate_limit_remaining: "gauge",
    modprobot_github_retries_total: "counter",
    modprobot_store_free_bytes: "gauge",
    modprobot_evaluator_rss_bytes: "gauge",
    modprobot_draining: "gauge",
  });
});

it("says how things are when it is asked", async () => {
  let draining = false;
  const { lines } = metrics({ isDraining: () => draining });
  draining = true;

  expect(await lines()).toEqual(
    expect.arrayContaining([
      'modprobot_build_info{version="1.2.3"} 1',
      "modprobot_store_free_bytes 5",
      "modprobot_evaluator_rss_bytes 6",
      "modprobot_draining 1",
    ]),
  );
});

describe("queues", () => {
  it("are shown by state, the empty ones with 0, and how long the oldest waits", async () => {
    let looks = 0;
    const { lines } = metrics({
      async jobs() {
        looks += 1;
        return [
          { queue: "check-x86_64-linux", state: "waiting", jobs: 3, oldestSeconds: 40 },
          { queue: "check-x86_64-linux", state: "retrying", jobs: 1, oldestSeconds: 90 },
          { queue: "check-x86_64-linux", state: "active", jobs: 1, oldestSeconds: 4000 },
          { queue: "check-aarch64-linux", state: "waiting", jobs: 2, oldestSeconds: 7 },
        ];
      },
    });

    expect((await lines()).filter((line) => line.startsWith("modprobot_queue_"))).toEqual([
      'modprobot_queue_jobs{queue="delivery",state="waiting"} 0',
      'modprobot_queue_jobs{queue="delivery",state="retrying"} 0',
      'modprobot_queue_jobs{queue="delivery",state="active"} 0',
      'modprobot_queue_jobs{queue="check-x86_64-linux",state="waiting"} 3',
      'modprobot_queue_jobs{queue="check-x86_64-linux",state="retrying"} 1',
      'modprobot_queue_jobs{queue="check-x86_64-linux",state="active"} 1',
      'modprobot_queue_jobs{queue="check-aarch64-linux",state="waiting"} 2',
      'modprobot_queue_oldest_seconds{queue="delivery"} 0',
      'modprobot_queue_oldest_seconds{queue="check-x86_64-linux"} 90',
      'modprobot_queue_oldest_seconds{queue="check-aarch64-linux"} 7',
    ]);
    expect(looks).toBe(1);
  });
});

describe("requests to GitHub", () => {
  const seen = {
    operation: "pulls/get",
    client: "installation-7",
    status: 200,
    isRetry: false,
    remaining: 4_999,
  };

  it("are counted by what was asked, and repetitions apart", async () => {
    const { githubRequest, lines } = metrics();
    githubRequest(seen);
    githubRequest({ ...seen, status: 502, isRetry: true, remaining: null });

    expect(await lines()).toEqual(
      expect.arrayContaining([
        'modprobot_github_requests_total{operation="pulls/get",status="200"} 1',
        'modprobot_github_requests_total{operation="pulls/get",status="502"} 1',
        "modprobot_github_retries_total 1",
        'modprobot_github_rate_limit_remaining{installation="7"} 4999',
      ]),
    );
  });

  it("leave no more series than there are for installations beyond some hundreds", async () => {
    const { githubRequest, lines } = metrics();
    for (let id = 0; id < 2_000; id += 1) githubRequest({ ...seen, client: `installation-${id}` });
    githubRequest({ ...seen, client: "app" });

    const series = (await lines()).filter((line) => line.includes("rate_limit_remaining"));
    expect(series).toHaveLength(501);
    expect(series.at(-1)).toContain('installation="other"');
  });
});

it("counts webhooks by event, those nobody acts on together, and how soon they were answered", async () => {
  const { webhook, lines } = metrics();
  webhook("pull_request", "accepted", 0.003);
  webhook("made_up_by_somebody", "ignored", 0.003);

  expect(await lines()).toEqual(
    expect.arrayContaining([
      'modprobot_webhook_deliveries_total{event="pull_request",result="accepted"} 1',
      'modprobot_webhook_deliveries_total{event="other",result="ignored"} 1',
      'modprobot_webhook_ack_seconds_bucket{le="0.0025"} 0',
      'modprobot_webhook_ack_seconds_bucket{le="0.005"} 2',
    ]),
  );
});

it("counts checks by how they ended, and the time of their stages", async () => {
  const { checkEnded, lines } = metrics();
  const stages = [
    { stage: "build", status: "done", seconds: 200 },
    { stage: "vm", status: "not-run", seconds: 1 },
  ] as const;
  checkEnded(aCheck({ state: "done", result: checkResult({ stages }) }));
  checkEnded(aCheck({ state: "superseded" }));

  const found = await lines();
  expect(found).toEqual(
    expect.arrayContaining([
      'modprobot_runs_total{result="success"} 1',
      'modprobot_runs_total{result="superseded"} 1',
      'modprobot_run_duration_seconds_bucket{le="60",phase="build"} 0',
      'modprobot_run_duration_seconds_bucket{le="300",phase="build"} 1',
    ]),
  );
  expect(found.some((line) => line.includes('phase="vm"'))).toBe(false);
});
