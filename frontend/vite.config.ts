import { writeFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const OUT = process.env.TANGLE_GRID_FRONTEND ?? "../custom_components/tangle_grid/frontend";

/** Write which file is the entry: its name holds a hash, so that no cache shows an old one. */
function entryName(): Plugin {
  return {
    name: "entry-name",
    writeBundle(options, bundle) {
      const entry = Object.values(bundle).find((each) => each.type === "chunk" && each.isEntry);
      writeFileSync(`${options.dir}/manifest.json`, `${JSON.stringify({ entry: entry?.fileName })}\n`);
    },
  };
}

export default defineConfig({
  plugins: [entryName()],
  base: "./",
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    modulePreload: false,
    rollupOptions: {
      input: "src/entry.ts",
      output: { format: "es", entryFileNames: "entry-[hash].js", chunkFileNames: "[name]-[hash].js" },
      preserveEntrySignatures: false,
    },
  },
});
