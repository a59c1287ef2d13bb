# Packages for distributions, from what install.cmake installs: cpack -G DEB, cpack -G RPM. The libraries go to
# CMAKE_INSTALL_LIBDIR, which differs between the two: cmake/release.sh sets it.

set(CPACK_PACKAGE_NAME hostws)
set(CPACK_PACKAGE_VENDOR hostws)
set(CPACK_PACKAGE_CONTACT "the hostws developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "WebSocket client for embedding in other programs")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF)
set(CPACK_PACKAGE_FILE_NAME hostws-${PROJECT_VERSION})

# Two packages: runtime, and development with the documentation.
set(CPACK_COMPONENTS_ALL runtime development documentation)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libhostws${HOSTWS_SOVERSION})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "libc6 (>= 2.17), libgcc-s1 | libgcc1")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libhostws-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libhostws${HOSTWS_SOVERSION} (= ${PROJECT_VERSION})")

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "MIT OR Apache-2.0")
set(CPACK_RPM_RUNTIME_PACKAGE_NAME hostws)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME hostws-devel)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_REQUIRES "hostws = ${PROJECT_VERSION}")
# The same files give the same bytes: with the time of SOURCE_DATE_EPOCH, and without the name of this machine.
set(CPACK_RPM_SPEC_MORE_DEFINE "%global _build_id_links none
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global _buildhost localhost")

include(CPack)
cpack_add_component_group(runtime)
cpack_add_component_group(development)
cpack_add_component(runtime GROUP runtime)
cpack_add_component(development GROUP development)
cpack_add_component(documentation GROUP development)
