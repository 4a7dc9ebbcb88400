/** The program: hands the process to the command line and nothing else. */
import { main } from "./cli/main.ts";

process.exitCode = await main(process.argv.slice(2), process);
