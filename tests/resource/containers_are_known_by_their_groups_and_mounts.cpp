// SPDX-License-Identifier: MIT
#include <nanotel/resource/container_id.hpp>

#include <doctest/doctest.h>

#include <string>

using nanotel::detail::container_id_of_groups;
using nanotel::detail::container_id_of_mounts;

namespace {

const std::string id = "b0c2f1a09c6d4c3b8f5e1d7a6b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c";
const std::string other = "1111111111111111111111111111111111111111111111111111111111111111";

} // namespace

TEST_CASE("the id stands in the path of a control group, in the form of each engine") {
    for (const std::string& path : {
             "12:cpu,cpuacct:/docker/" + id,                                              // Docker, version 1
             "0::/system.slice/docker-" + id + ".scope",                                  // version 2
             "11:memory:/kubepods/besteffort/pod1f2e/" + id,                              // Kubernetes
             "0::/kubepods.slice/kubepods-pod1f2e.slice/cri-containerd-" + id + ".scope", // containerd
             "1:name=systemd:/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + id,
             "0::/kubepods.slice/crio-" + id + ".scope",                                           // CRI-O
             "0::/user.slice/user-1000.slice/user@1000.service/libpod-" + id + ".scope/container", // Podman
             "0::/docker/" + id + "/init.scope",         // groups of its own
             "3:cpu:/docker/" + other + "/docker/" + id, // the inner of two
             "13:rdma:/\n12:cpu:/docker/" + id + "\n",   // not in the first
         }) {
        CAPTURE(path);
        CHECK(container_id_of_groups(path) == id);
    }
    const std::string task = "4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d-3141592653";
    CHECK(container_id_of_groups("9:cpu:/ecs/7d1c2e3f4a5b6c7d/" + task) == task); // Fargate
}

TEST_CASE("what is no container has no id, nor have bytes that are no control group") {
    for (const std::string& text : {
             std::string(),
             std::string("0::/"),
             std::string("0::/user.slice/user-1000.slice/session-3.scope"),
             std::string("0::/system.slice/cafe.service"),
             "0::/docker/" + id.substr(1),  // one digit short
             "0::/docker/" + id + "0",      // one too many
             "0::/docker/X" + id.substr(1), // no digit
             "12:cpu/docker/" + id,         // without a hierarchy
             std::string(100'000, '/'),
             std::string("\0::\0/\0", 6),
         }) {
        CAPTURE(text.substr(0, 80));
        CHECK(container_id_of_groups(text).empty());
    }
}

TEST_CASE("where the group is hidden, the mounts tell, and those of a sandbox do not") {
    const std::string before = "600 590 0:50 / /proc rw - proc proc rw\n";
    CHECK(container_id_of_mounts(before + "700 600 8:1 /var/lib/docker/containers/" + id +
                                 "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n") == id);
    CHECK(container_id_of_mounts("700 600 8:1 /containers/storage/overlay-containers/" + id +
                                 "/userdata/hosts /etc/hosts rw - ext4 /dev/sda1 rw") == id);
    for (const std::string& line : {
             "700 600 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" + id +
                 "/hostname /etc/hostname rw - ext4 /dev/sda1 rw",
             // Of the machine on which containers run.
             "700 600 8:1 /var/lib/docker/containers/" + id + "/mounts/shm /var/lib/docker/x rw - ext4 a rw",
             std::string("700 600 8:1 /docker/containers/short/hostname /etc/hostname rw - ext4 a rw"),
             std::string("700 600 8:1"),
             std::string("     "),
         }) {
        CAPTURE(line);
        CHECK(container_id_of_mounts(line).empty());
    }
}

TEST_CASE("a root that is an overlay is known by the last of its mounts") {
    using nanotel::detail::has_overlay_root;
    CHECK_FALSE(has_overlay_root(""));
    CHECK_FALSE(has_overlay_root("26 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"));
    CHECK_FALSE(has_overlay_root("26 1 0:60 / /mnt rw - overlay overlay rw\n"));
    CHECK_FALSE(has_overlay_root("26 1 0:60 / / rw overlay"));
    CHECK(has_overlay_root("26 1 0:60 / / rw shared:1 master:2 - overlay overlay rw\n"));
    CHECK(has_overlay_root(
        "26 1 8:1 / / rw - ext4 /dev/sda1 rw\n27 26 0:60 / / rw - fuse.fuse-overlayfs x rw"));
    CHECK_FALSE(
        has_overlay_root("26 1 0:60 / / rw - overlay overlay rw\n27 26 8:1 / / rw - ext4 /dev/sda rw"));
}
