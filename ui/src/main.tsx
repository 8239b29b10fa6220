import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./styles/tokens.css";
import "./styles/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeQueryClient } from "./app/queryClient";
import { makeRouter } from "./app/router";
import { ignoreStraySecondClicks } from "./app/secondClick";
import { keepSelectAllForFields } from "./app/selectAll";
import { keepMenuForText } from "./app/webMenu";
import { watchJobs } from "./ipc/jobs";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const queryClient = makeQueryClient();
watchJobs(queryClient);
keepMenuForText();
keepSelectAllForFields();
const router = makeRouter();
ignoreStraySecondClicks(() => router.state.location.href);

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
