import driver from "./unstorage.js";

export default driver.default;
export type { JetblobDriver, JetblobDriverOptions } from "./unstorage.js";
