import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  build: {
    // The three web views Tauri opens: WebKitGTK, WKWebView and WebView2.
    target: ["safari15", "chrome110"],
    // Everything is loaded from the application bundle: one file each starts faster than many.
    chunkSizeWarningLimit: 1500,
    // A font or an icon in a data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./tests/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
    // Typing is simulated key by key: slow on two busy cores.
    testTimeout: 120_000,
  },
});
