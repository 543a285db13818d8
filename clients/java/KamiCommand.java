// The command to try the pages with, which an app doesn't need.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.IntFunction;
import java.util.stream.*;

final class KamiCommand {
    private static String span(long seconds) { // for people, rounded up: "90 min"
        long size = seconds >= 172800 ? 86400 : seconds >= 7200 ? 3600 : seconds >= 120 ? 60 : 1;
        return (seconds + size - 1) / size + (size == 86400 ? " d" : size == 3600 ? " h" : size == 60 ? " min" : " s");
    }
    private static String with(String before, Object value, String behind) { // nothing, where there is none
        return value == null ? "" : before + value + behind;
    }
    private static String done(String what, Map<String, Object> said) { // what there is to say of what was granted
        var cost = KamiProof.object(said.get("cost"));
        switch (what) {
            case "--unbind":
                return (said.get("unbound") == Boolean.TRUE ? "unbound" : "nothing left to unbind")
                    + with(", ", said.get("remaining_unbinds"), " more within 30 days")
                    + (cost.get("seconds") == null ? "" : ", paid " + span((Long) cost.get("seconds")))
                    + with(", paid ", cost.get("points"), " points");
            case "--release": return said.get("released") == Boolean.TRUE ? "released" : "nothing to release";
            case "--trial": return (String) said.get("code");
            case "--recharge": return "topped up";
            default: return with("", said.get("message"), "");
        }
    }
    private static Kami.Answer watched(String code) throws InterruptedException { // until the app must not run any more
        var answers = new LinkedBlockingQueue<Kami.Answer>();
        Kami.watch(code, Kami.validate(code), answers::add);
        return answers.take();
    }
    public static void main(String[] words) throws Exception { // in the encoding of the system
        var what = words.length > 0 ? words[0] : "";
        IntFunction<String> from = first -> Stream.of(words).skip(first).collect(Collectors.joining(" "));
        var answer = what.equals("--unbind") ? Kami.unbind(from.apply(1))
            : what.equals("--release") ? Kami.release(from.apply(1))
            : what.equals("--trial") ? Kami.trial()
            : what.equals("--recharge") ? Kami.recharge(words.length > 1 ? words[1] : "", from.apply(2))
            : what.equals("--licence") ? Kami.keepLicence(words.length > 1 ? words[1] : "", from.apply(2))
            : what.equals("--watch") ? watched(from.apply(1))
            : Kami.validate(from.apply(0));
        var isDone = answer.outcome == Kami.Outcome.GRANTED;
        var line = isDone ? done(what, answer.said) : answer.message;
        if (!isDone && !answer.said.isEmpty() && answer.wait > 0) line += " (" + span(answer.wait) + ")";
        var has = with(", ", answer.said.get("expire_at"), "") + with(", ", answer.said.get("points"), " points");
        line += has.isEmpty() ? "" : " (" + has.substring(2) + ")";
        line += with(" ", answer.said.get("url"), "");
        line += with(" ", KamiProof.object(answer.said.get("app")).get("notice"), "");
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
        out.print(line.replaceAll("[\\s\\p{Cc}]+", " ").trim() + "\n"); // on one line, without what a terminal obeys
        System.exit(answer.outcome.ordinal());
    }
}
