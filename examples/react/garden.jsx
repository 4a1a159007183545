import { useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

function Garden({ camera, paused }) {
  const feed = useRef(null);
  const [state, setState] = useState("connecting");
  useEffect(() => {
    const listen = ({ detail }) => setState(detail.state);
    const element = feed.current;
    element.addEventListener("statechange", listen);
    return () => element.removeEventListener("statechange", listen);
  }, []);
  return (
    <figure>
      <camera-feed ref={feed} camera={camera} paused={paused} fps="5" alt="The garden" />
      <figcaption>{state}</figcaption>
    </figure>
  );
}

function Page() {
  const [paused, setPaused] = useState(false);
  return (
    <>
      <Garden camera="camera_1" paused={paused} />
      <button onClick={() => setPaused(!paused)}>{paused ? "Resume" : "Pause"}</button>
    </>
  );
}

createRoot(document.getElementById("root")).render(<Page />);
