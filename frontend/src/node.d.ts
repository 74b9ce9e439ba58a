declare module "node:fs" {
  export function writeFileSync(path: string, text: string): void;
}
declare const process: { env: Record<string, string | undefined> };
