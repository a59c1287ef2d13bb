import re
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, get


class Hostws(ConanFile):
    """Takes the library from a release archive: nothing is compiled, and no Rust is needed."""

    name = "hostws"
    description = "A WebSocket client that lives inside another program"
    topics = "websocket", "client"
    license = "MIT OR Apache-2.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    # Two static libraries that are written in Rust may not be linked into one program.
    default_options = {"shared": True}

    def _archive(self):
        systems = self.conan_data["archives"][self.version]
        return systems.get(str(self.settings.os), {}).get(str(self.settings.arch))

    def set_version(self):
        self.version = self.version or next(iter(self.conan_data["archives"]))

    def validate(self):
        if not self._archive():
            raise ConanInvalidConfiguration(f"There is no archive of hostws for {self.settings.os} {self.settings.arch}")
        if self.settings.get_safe("compiler") == "msvc" and not self.options.shared:
            raise ConanInvalidConfiguration("Microsoft's linker cannot use the static library: it is built with MinGW")

    def package_id(self):
        # The interface is C: one library serves every compiler.
        del self.info.settings.compiler
        del self.info.settings.build_type

    def build(self):
        get(self, **self._archive(), strip_root=True)

    def package(self):
        source = self.build_folder
        copy(self, "include/*", source, self.package_folder)
        for text in "LICENSE-*", "THIRD-PARTY-LICENSES.txt", "hostws.cdx.json":
            copy(self, text, source, f"{self.package_folder}/licenses")
        if self.options.shared:
            for files in "bin/*.dll", "lib/*.so*", "lib/*.dylib", "lib/*.dll.a", "lib/*.lib":
                copy(self, files, source, self.package_folder)
        else:
            copy(self, "lib/libhostws.a", source, self.package_folder)
        # It knows what the static library is linked with.
        copy(self, "hostws-config.cmake", f"{source}/lib/cmake/hostws", f"{self.package_folder}/res")

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "hostws")
        self.cpp_info.set_property("cmake_target_name", "hostws::hostws")
        self.cpp_info.set_property("pkg_config_name", "hostws")
        self.cpp_info.libs = ["hostws"]
        if self.options.shared:
            return
        self.cpp_info.set_property("cmake_target_aliases", ["hostws::static"])
        words = Path(self.package_folder, "res", "hostws-config.cmake").read_text(encoding="utf-8")
        for library in re.search(r'HOSTWS_SYSTEM_LIBRARIES "(.*)"', words).group(1).split(";"):
            if library.startswith("-framework "):
                self.cpp_info.frameworks.append(library.split()[1])
            else:
                self.cpp_info.system_libs.append(library)
