import keyv from "./keyv.js";

export default keyv.default;
export type { KeyvJetblobOptions } from "./keyv.js";
