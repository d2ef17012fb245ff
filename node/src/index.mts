/** The same objects as of `require`: one class of errors, one store, whichever way the package is loaded. */
export * from "./index.js";
