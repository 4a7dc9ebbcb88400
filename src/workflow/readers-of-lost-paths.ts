import type { ConsumerResult } from "../domain/check-result.ts";
export async function readersOfLostPaths(..._args: unknown[]): Promise<ConsumerResult[]> { return []; }
