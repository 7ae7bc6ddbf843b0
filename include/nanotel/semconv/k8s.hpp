// SPDX-License-Identifier: MIT
// Attributes `k8s.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/semconv/key_below.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The name of the cluster.
/// Type string; stable.
inline constexpr typed_key<"k8s.cluster.name", text> k8s_cluster_name{};

/// A pseudo-ID for the cluster, set to the UID of the `kube-system` namespace.
/// Type string; stable.
inline constexpr typed_key<"k8s.cluster.uid", text> k8s_cluster_uid{};

/// The name of the Container from Pod specification, must be unique within a Pod. Container runtime usually
/// uses different globally unique name (`container.name`).
/// Type string; stable.
inline constexpr typed_key<"k8s.container.name", text> k8s_container_name{};

/// Number of times the container was restarted. This attribute can be used to identify a particular container
/// (running or stopped) within a container spec.
/// Type int; stable.
inline constexpr typed_key<"k8s.container.restart_count", std::int64_t> k8s_container_restart_count{};

/// The cronjob annotation placed on the CronJob, the `<key>` being the annotation name, the value being the
/// annotation value.
/// Type string for each key, `k8s_cronjob_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.cronjob.annotation", Key>, text> k8s_cronjob_annotation{};

/// The label placed on the CronJob, the `<key>` being the label name, the value being the label value.
/// Type string for each key, `k8s_cronjob_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.cronjob.label", Key>, text> k8s_cronjob_label{};

/// The name of the CronJob.
/// Type string; stable.
inline constexpr typed_key<"k8s.cronjob.name", text> k8s_cronjob_name{};

/// The UID of the CronJob.
/// Type string; stable.
inline constexpr typed_key<"k8s.cronjob.uid", text> k8s_cronjob_uid{};

/// The annotation placed on the DaemonSet, the `<key>` being the annotation name, the value being the
/// annotation value, even if the value is empty.
/// Type string for each key, `k8s_daemonset_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.daemonset.annotation", Key>, text> k8s_daemonset_annotation{};

/// The label placed on the DaemonSet, the `<key>` being the label name, the value being the label value, even
/// if the value is empty.
/// Type string for each key, `k8s_daemonset_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.daemonset.label", Key>, text> k8s_daemonset_label{};

/// The name of the DaemonSet.
/// Type string; stable.
inline constexpr typed_key<"k8s.daemonset.name", text> k8s_daemonset_name{};

/// The UID of the DaemonSet.
/// Type string; stable.
inline constexpr typed_key<"k8s.daemonset.uid", text> k8s_daemonset_uid{};

/// The annotation placed on the Deployment, the `<key>` being the annotation name, the value being the
/// annotation value, even if the value is empty.
/// Type string for each key, `k8s_deployment_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.deployment.annotation", Key>, text> k8s_deployment_annotation{};

/// The label placed on the Deployment, the `<key>` being the label name, the value being the label value,
/// even if the value is empty.
/// Type string for each key, `k8s_deployment_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.deployment.label", Key>, text> k8s_deployment_label{};

/// The name of the Deployment.
/// Type string; stable.
inline constexpr typed_key<"k8s.deployment.name", text> k8s_deployment_name{};

/// The UID of the Deployment.
/// Type string; stable.
inline constexpr typed_key<"k8s.deployment.uid", text> k8s_deployment_uid{};

/// The annotation placed on the Job, the `<key>` being the annotation name, the value being the annotation
/// value, even if the value is empty.
/// Type string for each key, `k8s_job_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.job.annotation", Key>, text> k8s_job_annotation{};

/// The label placed on the Job, the `<key>` being the label name, the value being the label value, even if
/// the value is empty.
/// Type string for each key, `k8s_job_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.job.label", Key>, text> k8s_job_label{};

/// The name of the Job.
/// Type string; stable.
inline constexpr typed_key<"k8s.job.name", text> k8s_job_name{};

/// The UID of the Job.
/// Type string; stable.
inline constexpr typed_key<"k8s.job.uid", text> k8s_job_uid{};

/// The annotation placed on the Namespace, the `<key>` being the annotation name, the value being the
/// annotation value, even if the value is empty.
/// Type string for each key, `k8s_namespace_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.namespace.annotation", Key>, text> k8s_namespace_annotation{};

/// The label placed on the Namespace, the `<key>` being the label name, the value being the label value, even
/// if the value is empty.
/// Type string for each key, `k8s_namespace_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.namespace.label", Key>, text> k8s_namespace_label{};

/// The name of the namespace that the pod is running in.
/// Type string; stable.
inline constexpr typed_key<"k8s.namespace.name", text> k8s_namespace_name{};

/// The annotation placed on the Node, the `<key>` being the annotation name, the value being the annotation
/// value, even if the value is empty.
/// Type string for each key, `k8s_node_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.node.annotation", Key>, text> k8s_node_annotation{};

/// The label placed on the Node, the `<key>` being the label name, the value being the label value, even if
/// the value is empty.
/// Type string for each key, `k8s_node_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.node.label", Key>, text> k8s_node_label{};

/// The name of the Node.
/// Type string; stable.
inline constexpr typed_key<"k8s.node.name", text> k8s_node_name{};

/// The UID of the Node.
/// Type string; stable.
inline constexpr typed_key<"k8s.node.uid", text> k8s_node_uid{};

/// The annotation placed on the Pod, the `<key>` being the annotation name, the value being the annotation
/// value.
/// Type string for each key, `k8s_pod_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.pod.annotation", Key>, text> k8s_pod_annotation{};

/// Specifies the hostname of the Pod.
/// Type string; stable.
inline constexpr typed_key<"k8s.pod.hostname", text> k8s_pod_hostname{};

/// IP address allocated to the Pod.
/// Type string; stable.
inline constexpr typed_key<"k8s.pod.ip", text> k8s_pod_ip{};

/// The label placed on the Pod, the `<key>` being the label name, the value being the label value.
/// Type string for each key, `k8s_pod_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.pod.label", Key>, text> k8s_pod_label{};

/// The name of the Pod.
/// Type string; stable.
inline constexpr typed_key<"k8s.pod.name", text> k8s_pod_name{};

/// The start timestamp of the Pod.
/// Type string; stable.
inline constexpr typed_key<"k8s.pod.start_time", text> k8s_pod_start_time{};

/// The UID of the Pod.
/// Type string; stable.
inline constexpr typed_key<"k8s.pod.uid", text> k8s_pod_uid{};

/// The annotation placed on the ReplicaSet, the `<key>` being the annotation name, the value being the
/// annotation value, even if the value is empty.
/// Type string for each key, `k8s_replicaset_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.replicaset.annotation", Key>, text> k8s_replicaset_annotation{};

/// The label placed on the ReplicaSet, the `<key>` being the label name, the value being the label value,
/// even if the value is empty.
/// Type string for each key, `k8s_replicaset_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.replicaset.label", Key>, text> k8s_replicaset_label{};

/// The name of the ReplicaSet.
/// Type string; stable.
inline constexpr typed_key<"k8s.replicaset.name", text> k8s_replicaset_name{};

/// The UID of the ReplicaSet.
/// Type string; stable.
inline constexpr typed_key<"k8s.replicaset.uid", text> k8s_replicaset_uid{};

/// The annotation placed on the StatefulSet, the `<key>` being the annotation name, the value being the
/// annotation value, even if the value is empty.
/// Type string for each key, `k8s_statefulset_annotation<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.statefulset.annotation", Key>, text> k8s_statefulset_annotation{};

/// The label placed on the StatefulSet, the `<key>` being the label name, the value being the label value,
/// even if the value is empty.
/// Type string for each key, `k8s_statefulset_label<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"k8s.statefulset.label", Key>, text> k8s_statefulset_label{};

/// The name of the StatefulSet.
/// Type string; stable.
inline constexpr typed_key<"k8s.statefulset.name", text> k8s_statefulset_name{};

/// The UID of the StatefulSet.
/// Type string; stable.
inline constexpr typed_key<"k8s.statefulset.uid", text> k8s_statefulset_uid{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
