import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { ToastRegion } from "../components/Toast";
import { TransfersPanel } from "../features/transfers/TransfersPanel";
import { useConnections } from "../ipc/connections";
import styles from "./Frame.module.css";
import { Rail } from "./Rail";

export function Frame() {
  const { data } = useConnections();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  // The first screen has two doors and nothing else to choose from.
  const isFirstRun = pathname === "/" && (data === undefined || data.connections.length === 0);
  return (
    <div className={styles.frame}>
      <button type="button" className={styles.skip} onClick={() => document.getElementById("main")?.focus()}>
        Skip to the page
      </button>
      {!isFirstRun && <Rail />}
      <div className={styles.main}>
        <Outlet />
        <ToastRegion />
        {/* The activity lists the same jobs and more. */}
        {pathname !== "/activity" && (
          <TransfersPanel
            onUndelete={({ id, connectionId }) =>
              void navigate({
                to: "/clusters/$connectionId/files",
                params: { connectionId },
                search: { undelete: id },
              })
            }
          />
        )}
      </div>
    </div>
  );
}
