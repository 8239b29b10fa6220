import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import {
  type ConflictChoices,
  commands,
  type DownloadRequest,
  type TransferPlan,
  type UploadRequest,
} from "../../ipc/bindings";
import { asCallError, type CallError } from "../../ipc/errors";
import { rememberUpload } from "./uploads";

type Asked =
  | { direction: "upload"; request: UploadRequest }
  | { direction: "download"; request: DownloadRequest };

interface Question {
  asked: Asked;
  plan: TransferPlan;
}

interface Answered extends Question {
  choices: ConflictChoices;
  typed: string | null;
}

export interface Transfer {
  /** A plan with something to decide or to know first, or with nothing to do: it waits for an answer. */
  question: {
    direction: "upload" | "download";
    plan: TransferPlan;
    /** Of this computer or of the cluster: what was chosen. */
    paths: readonly string[];
  } | null;
  isPlanning: boolean;
  isStarting: boolean;
  planError: CallError | null;
  startError: CallError | null;
  upload: (request: UploadRequest) => void;
  download: (request: DownloadRequest) => void;
  start: (choices: ConflictChoices, typed: string | null) => void;
  dismiss: () => void;
}

const nothingTaken: ConflictChoices = { all: "skip", each: {} };

/** Looks first what a transfer would meet. When there is nothing to decide or to know it starts, else it asks. */
export function useTransfer(connectionId: string): Transfer {
  const [question, setQuestion] = useState<Question | null>(null);
  const starting = useMutation({
    mutationFn: ({ asked, plan, choices, typed }: Answered) =>
      asked.direction === "upload"
        ? commands.startUpload(plan.plan, choices, typed)
        : commands.startDownload(plan.plan, choices),
    onSuccess: (job, { asked, plan, choices }) => {
      setQuestion(null);
      if (asked.direction === "upload") rememberUpload(job, connectionId, asked.request, plan, choices);
    },
  });
  const planning = useMutation({
    mutationFn: (asked: Asked) =>
      asked.direction === "upload"
        ? commands.planUpload(connectionId, asked.request)
        : commands.planDownload(connectionId, asked.request),
    onSuccess: (plan, asked) => {
      starting.reset();
      // The system's save dialog has asked already whether the file may be replaced.
      const isAnswered = asked.direction === "download" && asked.request.asFile && plan.files > 0;
      if (isAnswered) starting.mutate({ asked, plan, choices: { all: "replace", each: {} }, typed: null });
      // Of a folder nobody knows by heart what is in it: that is said before it moves.
      else if (
        plan.files === 0 ||
        plan.folders + plan.conflictCount + plan.mapped.length + plan.leftOut.length > 0
      )
        setQuestion({ asked, plan });
      else starting.mutate({ asked, plan, choices: nothingTaken, typed: null });
    },
  });
  const ask = (asked: Asked) => {
    starting.reset();
    planning.mutate(asked);
  };
  return {
    question: question && {
      direction: question.asked.direction,
      plan: question.plan,
      paths: question.asked.request.paths,
    },
    isPlanning: planning.isPending,
    isStarting: starting.isPending,
    planError: planning.error && asCallError(planning.error),
    startError: starting.error && asCallError(starting.error),
    upload: (request) => ask({ direction: "upload", request }),
    download: (request) => ask({ direction: "download", request }),
    start: (choices, typed) => question && starting.mutate({ ...question, choices, typed }),
    dismiss: () => {
      setQuestion(null);
      planning.reset();
      starting.reset();
    },
  };
}
