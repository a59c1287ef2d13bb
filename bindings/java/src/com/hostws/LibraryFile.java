package com.hostws;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The shared library, which lies in the jar. The system property hostws.library names another file. */
final class LibraryFile {
    private LibraryFile() {}

    static Path find() throws IOException {
        String given = System.getProperty("hostws.library");
        if (given != null) return Path.of(given).toAbsolutePath();
        String name = resource();
        try (InputStream library = LibraryFile.class.getResourceAsStream(name)) {
            if (library == null) throw new UnsatisfiedLinkError("hostws has no library for this platform: " + name);
            // A folder that only this user can write to.
            Path folder = Files.createTempDirectory("hostws");
            Path file = folder.resolve(name.substring(name.lastIndexOf('/') + 1));
            // They go in the reverse of this order.
            folder.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            Files.copy(library, file);
            return file;
        }
    }

    /** Where JNA, too, looks for it. */
    private static String resource() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").replace("amd64", "x86-64").replace("x86_64", "x86-64");
        if (system.startsWith("windows")) return "/win32-" + processor + "/hostws.dll";
        if (system.startsWith("mac")) return "/darwin-" + processor + "/libhostws.dylib";
        return "/linux-" + processor + "/libhostws.so";
    }
}
