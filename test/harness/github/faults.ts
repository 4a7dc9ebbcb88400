/** Faults on demand: what goes wrong with the next request of a kind. One that was never met fails the test. */

export type Fault =
  /** Before anything is done. */
  | {
      readonly kind: "status";
      readonly status: 401 | 403 | 404 | 410 | 422 | 429 | 451 | 500 | 502 | 503;
      readonly message?: string;
    }
  /** It is done, but the answer is lost. */
  | { readonly kind: "502-after-success" }
  /** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits */
  | { readonly kind: "secondary-limit"; readonly retryAfterSeconds?: number }
  | { readonly kind: "primary-limit"; readonly resetInSeconds: number }
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** Accepts the request and never answers. */
  | { readonly kind: "silent" }
  /** Does it and cuts the connection. */
  | { readonly kind: "cut-after-success" };

export interface Faults {
  /** `operation`: `issues/create-comment`, `git/fetch`, `git/push`, or `*` for any. */
  next(operation: string, fault: Fault, times?: number): void;
  /** Every request of a kind, until the returned function is called. */
  always(operation: string, fault: Fault): () => void;
  take(operation: string): Fault | undefined;
  unused(): readonly string[];
}

export function createFaults(): Faults {
  const planned: { readonly operation: string; readonly fault: Fault }[] = [];
  const lasting = new Map<string, Fault>();
  return {
    next(operation, fault, times = 1) {
      for (let count = 0; count < times; count += 1) planned.push({ operation, fault });
    },
    always(operation, fault) {
      lasting.set(operation, fault);
      return () => void lasting.delete(operation);
    },
    take(operation) {
      const always = lasting.get(operation);
      if (always !== undefined) return always;
      const index = planned.findIndex((plan) => plan.operation === operation || plan.operation === "*");
      return index === -1 ? undefined : planned.splice(index, 1)[0]?.fault;
    },
    unused: () => planned.map(({ operation, fault }) => `unused fault: ${fault.kind} for ${operation}`),
  };
}

/** The answer of a fault that comes instead of the work; undefined for those that come after or beside it. */
export function faultAnswer(fault: Fault | undefined, nowSeconds: number) {
  const documentation_url = "https://docs.github.com/rest";
  switch (fault?.kind) {
    case "status": {
      const message = fault.message ?? MESSAGES[fault.status] ?? "Server Error";
      return { status: fault.status, headers: {}, body: { message, documentation_url } };
    }
    case "secondary-limit":
      return {
        status: 403,
        headers:
          fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) },
        body: { message: "You have exceeded a secondary rate limit. Please wait.", documentation_url },
      };
    case "primary-limit":
      return {
        status: 403,
        headers: {
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": String(nowSeconds + fault.resetInSeconds),
        },
        body: { message: "API rate limit exceeded for installation.", documentation_url },
      };
    default:
      return undefined;
  }
}

const MESSAGES: Readonly<Record<number, string>> = {
  401: "Bad credentials",
  403: "Resource not accessible by integration",
  404: "Not Found",
  410: "This resource was deleted",
  422: "Validation Failed",
  451: "Repository access blocked",
  502: "Server Error",
};
