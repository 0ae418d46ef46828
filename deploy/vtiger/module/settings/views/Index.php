<?php

require_once 'modules/WooVtigerSync/lib/bootstrap.php';

/**
 * The settings page of the module. Vtiger lets in administrators only.
 */
class Settings_WooVtigerSync_Index_View extends Settings_Vtiger_Index_View
{
    const DELIVERIES = 50;

    public function process(Vtiger_Request $request)
    {
        $module = $request->getModule(false);
        $viewer = $this->getViewer($request);
        $viewer->assign('QUALIFIED_MODULE', $module);
        $viewer->assign('WVS_VERSION', WooVtigerSync_Version::NUMBER);
        $viewer->assign('WVS_URL', WooVtigerSync_Settings::url());
        $viewer->assign('WVS_HAS_SECRET', WooVtigerSync_Settings::secret() !== '');
        $viewer->assign('WVS_ALL_MODULES', WooVtigerSync_Settings::MODULES);
        $viewer->assign('WVS_MODULES', WooVtigerSync_Settings::modules());
        $viewer->assign('WVS_ACTIVE', WooVtigerSync_Settings::active());
        $viewer->assign('WVS_AT_ONCE', function_exists('fastcgi_finish_request'));
        $viewer->assign('WVS_COUNTS', WooVtigerSync_Outbox::counts());
        $viewer->assign('WVS_DELIVERIES', $this->deliveries());
        $viewer->assign('WVS_MESSAGE', $this->once('woovtigersync_message'));
        $viewer->assign('WVS_FAULT', $this->once('woovtigersync_fault'));
        $viewer->assign('WVS_DETAIL', $this->once('woovtigersync_detail'));
        $viewer->assign('WVS_NEW_SECRET', $this->once('woovtigersync_secret'));
        $viewer->view('Index.tpl', $module);
    }

    /** A value that the last action left for the next page. */
    private function once(string $name): string
    {
        $value = (string) Vtiger_Session::get($name, '');
        if ($value !== '') {
            Vtiger_Session::set($name, '');
        }

        return $value;
    }

    private function deliveries(): array
    {
        $deliveries = [];
        foreach (WooVtigerSync_Outbox::latest(self::DELIVERIES) as $row) {
            $row['wsid'] = WooVtigerSync_Ids::make($row['module'], $row['crmid']);
            $row['link'] = 'index.php?module=' . $row['module'] . '&view=Detail&record=' . (int) $row['crmid'];
            $row['since_text'] = WooVtigerSync_Time::text((int) $row['since']);
            $row['sent_text'] = (int) $row['sent'] > 0 ? WooVtigerSync_Time::text((int) $row['sent']) : '';
            $row['due_text'] = $row['status'] === 'waiting' ? WooVtigerSync_Time::text((int) $row['due']) : '';
            $deliveries[] = $row;
        }

        return $deliveries;
    }

    public function getPageTitle(Vtiger_Request $request)
    {
        return vtranslate('LBL_WOOVTIGERSYNC', $request->getModule(false));
    }
}
