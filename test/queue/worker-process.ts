/** A worker in a process of its own, to be killed: holds every check it gets until it is told otherwise. */
import { handlers, openWork, SYSTEM } from "../harness/work.ts";

const place = JSON.parse(process.argv[2] ?? "{}");
const work = await openWork(place);
await work.queue.work(
  handlers({
    async delivery(guid) {
      console.log(`delivery ${guid}`);
      await new Promise(() => undefined);
    },
    async check(id) {
      await work.store.heartbeat(id, `process ${process.pid}`);
      await work.store.moveCheck(id, "running");
      await work.store.saveStage(id, "evaluate", { by: "the one that died" });
      console.log(`check ${id}`);
      await new Promise(() => undefined);
    },
  }),
  [SYSTEM],
);
console.log("working");
