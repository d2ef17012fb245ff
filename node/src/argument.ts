/** Checks of what a caller gives: what is wrong names the argument, and what it must be. */

import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

/** Gives the value if it is right, and throws a `TypeError` if it isn't. */
export type Check<T> = (value: unknown, what: string) => T;

/** A check for each field that may be there. */
export type Checks<T> = { [K in keyof T]-?: Check<Exclude<T[K], undefined>> };

export function wrong(what: string, must: string, value: unknown): TypeError {
  const shown = inspect(value, { depth: 0, maxStringLength: 50, breakLength: Infinity });
  return new TypeError(`${what} must be ${must}, not ${shown}`);
}

export const text: Check<string> = (value, what) => {
  if (typeof value !== "string") throw wrong(what, "a string", value);
  if (!value.isWellFormed())
    throw wrong(what, "a string of whole characters, without a lone surrogate", value);
  return value;
};

/** A secret, which no error shows. */
export const secret: Check<string> = (value, what) => {
  if (typeof value !== "string") throw wrong(what, "a string", typeof value);
  return value;
};

export const flag: Check<boolean> = (value, what) => {
  if (typeof value !== "boolean") throw wrong(what, "true or false", value);
  return value;
};

export const count: Check<number> = (value, what) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw wrong(what, "a whole number from 0 to 2^53 - 1", value);
  }
  return value as number;
};

export const seconds: Check<number> = (value, what) => {
  if (typeof value !== "number" || !(value >= 0 && value < Infinity)) {
    throw wrong(what, "a number of seconds, from 0", value);
  }
  return value;
};

/** A function, where it is only asked whether there is one. */
export const callback: Check<boolean> = (value, what) => {
  if (typeof value !== "function") throw wrong(what, "a function", value);
  return true;
};

/** A path, or a URL that names a file. */
export const path: Check<string> = (value, what) => {
  return value instanceof URL ? fileURLToPath(value) : text(value, what);
};

export function pair(part: Check<string>): Check<[string, string]> {
  return (value, what) => {
    if (!Array.isArray(value) || value.length !== 2) throw wrong(what, "an array of two", typeof value);
    return [part(value[0], `${what}[0]`), part(value[1], `${what}[1]`)];
  };
}

export function list<T>(item: Check<T>): Check<T[]> {
  return (value, what) => {
    if (!Array.isArray(value)) throw wrong(what, "an array", value);
    return value.map((each, index) => item(each, `${what}[${index}]`));
  };
}

/** Names and values of the caller's own. */
export function pairs<T>(item: Check<T>): Check<[string, T][]> {
  return (value, what) =>
    Object.entries(object(value, what)).map(([name, each]) => [
      text(name, `a name in ${what}`),
      item(each, `${what}[${inspect(name)}]`),
    ]);
}

/** Whether all that it has is its own: a field that is inherited, or kept as a `Map` does, would not be seen. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  // The `Object.prototype` of any realm, not something else without a prototype.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw wrong(what, "an object", value);
  if (!isPlain(value)) throw wrong(what, "a plain object", value);
  return value as Record<string, unknown>;
}

/**
 * An object with no other fields than these; one that is `undefined` or `null` isn't there. A field that nobody looks
 * at would be a condition or a limit that is silently not kept.
 */
export function fields<T extends object>(checks: Checks<T>, ignored: readonly string[] = []): Check<T> {
  return (value, what) => {
    const checked: Partial<T> = {};
    for (const [name, each] of Object.entries(object(value, what))) {
      if (Object.hasOwn(checks, name)) {
        if (each !== undefined && each !== null) {
          checked[name as keyof T] = checks[name as keyof T](each, `${what}.${name}`);
        }
      } else if (!ignored.includes(name)) {
        throw new TypeError(`${what} has no ${inspect(name)}; it has ${Object.keys(checks).join(", ")}`);
      }
    }
    return checked as T;
  };
}
